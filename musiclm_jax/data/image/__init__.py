"""Pictures from files, and folders of them."""
