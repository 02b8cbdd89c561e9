"""How the lines of typical views are found and measured, with the product's own parts and the development data."""
