using OrleansRaft.Client;

namespace OrleansRaft.Grains.Routing;

/// <summary>Makes this silo's routers for its own callers.</summary>
internal sealed class SiloRouters(IServiceProvider services) : ILocalRouters
{
    /// <inheritdoc/>
    public IRaftRouter<TCommand, TResult> Create<TCommand, TResult>(string name) => new Router<TCommand, TResult>(services, name);
}
