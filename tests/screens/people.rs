//! What people see of who somebody is, and do about those they do not want to read.
