"""What people hold: queries over published marts become values, HTML, PDF, CSV and message bodies."""
