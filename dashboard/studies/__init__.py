"""What each page shows, without the page: works in a notebook, named like the pages."""
