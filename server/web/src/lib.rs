//! HTTP pieces shared by the routers: state, extractors, envelopes, paging.
