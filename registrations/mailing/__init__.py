"""Mail from organisers to many: who gets it, what it says, how far it is."""
