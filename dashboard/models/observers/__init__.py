"""From a network and a photo to one kind of evidence."""
