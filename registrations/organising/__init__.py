"""What organisers do to people and events beside the public pages, as actions."""
