"""`jinactl doctor` on a stack that is well but for one fault."""
