"""Drafts put into words: templates, calendar files, the digest, spreadsheets, and the RFC 5322 bytes of all of them."""
