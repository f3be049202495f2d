"""Texts of requests and answers, kept where an operator wants it; training data from them."""
