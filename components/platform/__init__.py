"""What the stack runs on, behind one small interface: nothing outside this folder knows which platform it is."""
