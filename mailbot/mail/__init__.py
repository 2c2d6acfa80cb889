"""The wire: IMAP in, SMTP out, and bytes turned into `Message`. Knows no course."""
