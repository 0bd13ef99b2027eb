"""The admin of the programme; registered where it is known who signed up (registrations.admin)."""
