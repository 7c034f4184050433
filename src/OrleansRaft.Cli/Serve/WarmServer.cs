using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansRaft.Server.Access;

namespace OrleansRaft.Cli.Serve;

/// <summary>
/// Listens when a few requests have been served in memory. The first ones make the runtime compile what serves them, for half a second, or two on a
/// busy machine: who finds the port closed goes to another silo at once, who finds it open would wait.
/// </summary>
/// <param name="inner">The server that listens.</param>
/// <param name="membership">Tells whether there are other silos: a silo that is alone answers as soon as it can.</param>
/// <param name="time">The clock.</param>
internal sealed class WarmServer(IServer inner, IClusterMembershipService membership, TimeProvider time) : IServer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CloseTimeMax = TimeSpan.FromSeconds(1);

    // Reads that change nothing, on the way that increments take: the route table, the router, a group, and its leader on another silo. Two,
    // since the leader of one may live here.
    private static readonly string[] Paths = ["/health/ready", "/api/v1/tenants/oraft/counters/none", "/api/v1/tenants/oraft/counters/nothing"];

    /// <inheritdoc/>
    public IFeatureCollection Features => inner.Features;

    /// <summary>Puts one before the server that an application has.</summary>
    public static void Use(IServiceCollection services)
    {
        var server = services.Last(static service => service.ServiceType == typeof(IServer)).ImplementationType!;
        services.Replace(ServiceDescriptor.Singleton<IServer>(provider => new WarmServer(
            (IServer)ActivatorUtilities.CreateInstance(provider, server),
            provider.GetRequiredService<IClusterMembershipService>(),
            provider.GetRequiredService<TimeProvider>())));
    }

    /// <inheritdoc/>
    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        if (membership.CurrentSnapshot.Members.Values.Count(static member => member.Status == SiloStatus.Active) > 1)
        {
            await Task.WhenAny(WarmAsync(application), Task.Delay(Patience, time, cancellationToken));
        }

        await inner.StartAsync(application, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // It waits for requests that are under way; one that hangs must not take the time that the silo needs to leave the cluster.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(CloseTimeMax);
        await inner.StopAsync(patience.Token);
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private static async Task WarmAsync<TContext>(IHttpApplication<TContext> application)
        where TContext : notnull
    {
        foreach (var path in Paths)
        {
            await ServeAsync(application, path);
        }
    }

    private static async Task ServeAsync<TContext>(IHttpApplication<TContext> application, string path)
        where TContext : notnull
    {
        var request = new DefaultHttpContext();
        (request.Request.Method, request.Request.Scheme, request.Request.Protocol) = (HttpMethods.Get, "http", HttpProtocol.Http11);
        (request.Request.Host, request.Request.Path) = (new HostString("localhost"), path);
        OwnRequest.Mark(request.Features);
        var context = application.CreateContext(request.Features);
        Exception? failure = null;
        try
        {
            await application.ProcessRequestAsync(context);
        }
        catch (Exception exception)
        {
            // Who asks next is told.
            failure = exception;
        }

        application.DisposeContext(context, failure);
    }
}
