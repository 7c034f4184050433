using System.Net;
using Microsoft.AspNetCore.Connections;

namespace OrleansRaft.Cli.Serve;

/// <summary>Listens on a port, and closes connections beyond its limit before the next one is taken.</summary>
/// <remarks>
/// Whoever serves a connection does so on another thread than the one that took it. Were it refused there, a flood on a busy machine would be taken
/// faster than it is refused, and every connection that waits for its refusal is an open file.
/// </remarks>
/// <param name="inner">Listens.</param>
/// <param name="limit">The limit.</param>
internal sealed class LimitedListener(IConnectionListener inner, ConnectionLimit limit) : IConnectionListener
{
    /// <inheritdoc/>
    public EndPoint EndPoint => inner.EndPoint;

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await inner.AcceptAsync(cancellationToken) is { } connection)
        {
            if (limit.TryAdmit())
            {
                return connection;
            }

            connection.Abort(new ConnectionAbortedException("There are too many connections."));
            await connection.DisposeAsync();
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => inner.UnbindAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>Puts the limit of its port before every listener.</summary>
/// <param name="inner">Makes listeners.</param>
/// <param name="limits">The limits of all ports.</param>
internal sealed class LimitedListenerFactory(IConnectionListenerFactory inner, ConnectionLimits limits) : IConnectionListenerFactory
{
    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new LimitedListener(await inner.BindAsync(endpoint, cancellationToken), limits.Of(endpoint));
}
