"""One module a page: what it needs from the views, and how it is written."""
