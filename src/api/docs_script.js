// Starts Swagger UI on the service's own document. A file of its own, because the page's policy allows no script within it.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#documentation", deepLinking: true, persistAuthorization: false, validatorUrl: null });
