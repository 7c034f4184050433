using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Cli.Serve;
using OrleansRaft.Server.Access;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>A silo that joins others listens for HTTP when the runtime has compiled what serves it.</summary>
public sealed class WarmServerTests : IServer, IHttpApplication<HttpContext>, IClusterMembershipService
{
    private const string Listening = "listening";

    private readonly List<string> seen = [];
    private Task serving = Task.CompletedTask;
    private int silos = 2;

    IFeatureCollection IServer.Features { get; } = new FeatureCollection();

    ClusterMembershipSnapshot IClusterMembershipService.CurrentSnapshot => new(
        Enumerable.Range(1, silos).Select(number => SiloAddress.New(IPAddress.Loopback, number, number))
            .ToImmutableDictionary(silo => silo, silo => new ClusterMember(silo, SiloStatus.Active, silo.ToString())),
        new MembershipVersion(1));

    IAsyncEnumerable<ClusterMembershipSnapshot> IClusterMembershipService.MembershipUpdates => throw new NotSupportedException();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Beside_others_it_serves_before_it_listens()
    {
        await Make(TimeProvider.System).StartAsync(this, Token);

        seen.Count.ShouldBeGreaterThan(1);
        seen[^1].ShouldBe(Listening);
        seen[..^1].ShouldAllBe(path => path.StartsWith('/'));
    }

    [Fact]
    public async Task Alone_it_listens_at_once()
    {
        silos = 1;

        await Make(TimeProvider.System).StartAsync(this, Token);

        seen.ShouldBe([Listening]);
    }

    [Fact]
    public async Task It_listens_although_nothing_is_answered()
    {
        var (time, never) = (new FakeTimeProvider(), new TaskCompletionSource());
        serving = never.Task;

        var starting = Make(time).StartAsync(this, Token);
        seen.ShouldNotContain(Listening);
        time.Advance(TimeSpan.FromMinutes(1));
        await starting;

        seen[^1].ShouldBe(Listening);
        never.SetResult();
    }

    [Fact]
    public async Task It_listens_although_what_it_serves_fails()
    {
        serving = Task.FromException(new InvalidOperationException("not yet"));

        await Make(TimeProvider.System).StartAsync(this, Token);

        seen[^1].ShouldBe(Listening);
    }

    Task IServer.StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
    {
        seen.Add(Listening);
        return Task.CompletedTask;
    }

    Task IServer.StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    HttpContext IHttpApplication<HttpContext>.CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    Task IHttpApplication<HttpContext>.ProcessRequestAsync(HttpContext context)
    {
        seen.Add(context.Request.Path);
        context.Features.Get<OwnRequest>().ShouldNotBeNull("it needs no key");
        return serving;
    }

    void IHttpApplication<HttpContext>.DisposeContext(HttpContext context, Exception? exception)
    {
    }

    ValueTask IClusterMembershipService.Refresh(MembershipVersion minimumVersion, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<bool> IClusterMembershipService.TryKill(SiloAddress siloAddress) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private WarmServer Make(TimeProvider time) => new(this, this, time);
}
