// A function to be called by whoever gets it. Other than std::function it may own what cannot be
// copied. Belongs to one thread at a time.
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace ringfort::util {

template <class... Arguments>
class Action {
 public:
  Action() = default;
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Action> && std::invocable<F&, Arguments...>)
      Action(F&& function)  // NOLINT(google-explicit-constructor): as std::function
      : held_(std::make_unique<Held<std::decay_t<F>>>(std::forward<F>(function))) {}

  void operator()(Arguments... arguments) { held_->run(std::forward<Arguments>(arguments)...); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void run(Arguments... arguments) = 0;
  };
  template <class F>
  struct Held final : Base {
    explicit Held(F given) : function(std::move(given)) {}
    void run(Arguments... arguments) override { function(std::forward<Arguments>(arguments)...); }
    F function;
  };
  std::unique_ptr<Base> held_;
};

}  // namespace ringfort::util
