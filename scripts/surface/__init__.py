"""How the other forms of each operation are made: read, write each form, put the forms into files."""
