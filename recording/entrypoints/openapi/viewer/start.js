// Shows the document beside this page. Nothing is kept in the browser, and no other host is asked.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
