"""What is tried on a site of docker compose."""
