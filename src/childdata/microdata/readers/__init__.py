"""The readers, one module for each family of files; `helper` is the program that the helper process runs."""
