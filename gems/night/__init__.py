"""The night's work: crawl, visit what is new, look after what is published, publish."""
