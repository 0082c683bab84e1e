//! Generated from the contract in `wit/`. The types are re-exported under [`crate::facts`], [`crate::plan`] and
//! [`crate::manifest`]; nothing else should name this module.

wit_bindgen::generate!({
    path: "../../wit",
    world: "policy",
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "pawl_sdk::bindings",
    additional_derives: [PartialEq, Eq],
    disable_run_ctors_once_workaround: true,
});
