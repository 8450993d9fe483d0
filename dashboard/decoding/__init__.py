"""From a file to pixels, in processes of their own, so that no file can block or crash the app. They import no torch."""
