"""From a file to pixels, in processes of their own: no file can hold or kill what asked. No torch is imported there."""
