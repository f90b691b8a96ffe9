"""As everywhere else on the site."""
