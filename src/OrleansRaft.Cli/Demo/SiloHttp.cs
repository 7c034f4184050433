using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansRaft.Cli.Demo;

/// <summary>
/// The HTTP side of one silo of the demo. It has no socket of its own: the <see cref="FrontDoor"/> hands requests to it, as a load balancer would.
/// </summary>
internal sealed class SiloHttp : IServer
{
    private Func<IFeatureCollection, Task>? process;

    /// <inheritdoc/>
    public IFeatureCollection Features { get; } = new FeatureCollection();

    /// <summary>Whether requests can be handed over.</summary>
    public bool IsListening => process is not null;

    /// <inheritdoc/>
    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        process = features => ProcessAsync(application, features);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        process = null;
        return Task.CompletedTask;
    }

    /// <summary>Answers one request.</summary>
    public Task ProcessAsync(IFeatureCollection request) =>
        process is { } answer ? answer(request) : throw new InvalidOperationException("This silo serves no HTTP at the moment.");

    /// <inheritdoc/>
    public void Dispose() => process = null;

    private static async Task ProcessAsync<TContext>(IHttpApplication<TContext> application, IFeatureCollection request)
        where TContext : notnull
    {
        var context = application.CreateContext(request);
        try
        {
            await application.ProcessRequestAsync(context);

            // What waits for the answer to start looks into the context, which is another request's once it is given back.
            await request.GetRequiredFeature<IHttpResponseBodyFeature>().CompleteAsync();
            application.DisposeContext(context, null);
        }
        catch (Exception failure)
        {
            application.DisposeContext(context, failure);
            throw;
        }
    }
}
