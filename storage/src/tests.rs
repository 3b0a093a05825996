//! Tests that stand between the store and its disk, or look into the file.

mod carried;
mod damage;
mod disk;
mod failing_disk;
mod migrations;
mod power_loss;
mod story;
