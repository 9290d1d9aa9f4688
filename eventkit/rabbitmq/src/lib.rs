#![doc = include_str!("../docs/guide.md")]

pub mod binding;
