"""How the bundled weights were made. The app never imports this package."""
