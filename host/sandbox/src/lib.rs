//! x
mod contract {
wasmtime::component::bindgen!({ path: "../../wit", world: "policy" });
}
