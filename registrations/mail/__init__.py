"""Mails to one person: written, kept until they are out, sent, bounced."""
