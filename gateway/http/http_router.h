// Finds the handler of a request by its method and path.
#ifndef UNCLIP_GATEWAY_HTTP_HTTP_ROUTER_H_
#define UNCLIP_GATEWAY_HTTP_HTTP_ROUTER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "gateway/http/http_call.h"
#include "gateway/http/http_exchange.h"
#include "gateway/http/http_metrics.h"

namespace unclip::gateway {

// Add() all routes first; then thread-safe.
class HttpRouter {
 public:
  // Answers `call`; `id` is what stands in the path for the pattern's {id}, "" where it has none.
  using Handler = std::function<void(std::shared_ptr<HttpCall> call, std::string id)>;

  struct Route {
    std::string method;   // "GET", which serves HEAD as well
    std::string pattern;  // "/v1/jobs/{id}/events"; {id} is a path segment of letters, digits and ._-
    Handler handler;
  };

  // Both must outlive the router and its calls.
  HttpRouter(HttpMetrics* metrics, const Clock* clock) : metrics_(metrics), clock_(clock) {}

  void Add(std::string method, std::string pattern, Handler handler);

  // Answers itself what no handler should see: 404 for another path, 405 for another method, 403 for what a page of another
  // origin sends, 400 for a request id that is not valid.
  void Handle(std::shared_ptr<HttpExchange> exchange) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  HttpMetrics* const metrics_;
  const Clock* const clock_;
  std::vector<Route> routes_;
};

}  // namespace unclip::gateway

#endif  // UNCLIP_GATEWAY_HTTP_HTTP_ROUTER_H_
