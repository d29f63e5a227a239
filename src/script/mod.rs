//! What authors write (features, requirements, scenarios) and how it becomes the run of a case. No protocol octets here.

mod again;
pub mod baseline;
pub mod case;
pub mod catalogue;
pub mod compile;
pub mod defect;
pub mod diagnostic;
pub mod doctor;
pub mod explain;
pub mod feature;
pub mod files;
pub mod home;
pub mod ledger;
pub mod live;
pub mod load;
pub mod plan;
pub mod port;
pub mod probe;
pub mod prove;
pub mod recognise;
pub mod serve;
pub mod simulate;
pub mod solo;
pub mod stored;
pub mod suggest;
pub mod sut;
pub mod vocabulary;
pub mod whereabouts;
pub mod yaml;

pub use again::Again;
