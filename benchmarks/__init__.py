"""What a token costs the server (`relay`), and a piece of text the page (`page`). `make bench` runs both."""
