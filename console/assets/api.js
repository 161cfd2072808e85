// SPDX-License-Identifier: Apache-2.0
// The viewer of the API's description.
const lang = navigator.languages.some((l) => l.toLowerCase().startsWith('ko')) ? 'ko' : 'en';
window.SwaggerUIBundle({
  url: `/api/v1/openapi.json?lang=${lang}`,
  dom_id: '#viewer',
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: false,
  requestInterceptor: (request) => {
    const csrf = sessionStorage.getItem('csrf');
    if (csrf) request.headers['X-CSRF-Token'] = csrf;
    return request;
  },
});
