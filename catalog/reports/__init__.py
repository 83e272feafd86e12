"""What pages need to know, read-only, as frozen values: the catalog's face to the site."""
