//! The example service: an API whose admin router can go missing without anybody noticing.
