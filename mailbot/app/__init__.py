"""The shell: one pass is fetch, handle, due, send; around it a loop. The only room that knows both sides."""
