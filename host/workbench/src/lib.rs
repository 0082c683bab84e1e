//! The workbench: what a policy's author does with a compiled policy before anybody else sees it. Offline: no network, no cluster, no
//! token. Everything here asks the component itself, in the same sandbox and through the same turn as the host does.
#![forbid(unsafe_code)]

pub mod diagram;
pub mod embed;
pub mod explore;
pub mod fixture;
pub mod fuel;
pub mod inspect;
pub mod play;
pub mod replay;
pub mod storm;
pub mod suite;
pub mod template;
