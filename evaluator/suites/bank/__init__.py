"""The bank: templates that questions are drawn from, and the press that prints them."""
