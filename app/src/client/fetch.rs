//! The transport of the browser: `fetch` to the same origin.

use super::{Answer, ApiError, ApiResult, Call};
use berth_types::policy::{NEEDED_HEADER, Right};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestCredentials, RequestInit, Response};

pub(super) async fn exchange(call: Call) -> ApiResult<Answer> {
    send(call).await.map_err(|cause| {
        // `fetch` rejects with a TypeError where the network or a content policy is in the way.
        let text = cause.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
        ApiError::unreachable(&text.unwrap_or_default())
    })
}

async fn send(call: Call) -> Result<Answer, JsValue> {
    let Call { method, path, body } = call;
    let headers = Headers::new()?;
    headers.set("accept", super::JSON)?;
    headers.set("x-is-resource-name", "true")?;
    let init = RequestInit::new();
    init.set_method(method.as_str());
    init.set_credentials(RequestCredentials::SameOrigin);
    if let Some((media_type, bytes)) = &body {
        headers.set("content-type", media_type)?;
        init.set_body(&Uint8Array::from(bytes.as_slice()));
    }
    init.set_headers(&headers);
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(&path, &init)).await?.dyn_into()?;
    let text = |name: &str| response.headers().get(name).ok().flatten();
    let number = |name: &str| text(name).and_then(|text| text.parse().ok());
    let mut answer = Answer {
        status: response.status(),
        total: number("x-total-count"),
        request_id: text("x-request-id"),
        location: text("location"),
        retry_after: number("retry-after").and_then(|seconds| u64::try_from(seconds).ok()),
        needed: text(NEEDED_HEADER).and_then(|text| Right::parse(&text)),
        body: Vec::new(),
        #[cfg(feature = "ssr")]
        cookies: Vec::new(),
    };
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    answer.body = Uint8Array::new(&buffer).to_vec();
    Ok(answer)
}
