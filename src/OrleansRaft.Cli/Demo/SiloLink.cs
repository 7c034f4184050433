using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;

namespace OrleansRaft.Cli.Demo;

/// <summary>
/// All network connections of one silo, which can be cut as if its cable were pulled: live ones are aborted without a goodbye, new ones refused.
/// </summary>
internal sealed class SiloLink
{
    private readonly Lock gate = new();
    private readonly HashSet<ConnectionContext> live = [];
    private bool isCut;

    /// <summary>Whether the silo is cut off.</summary>
    public bool IsCut
    {
        get
        {
            lock (gate)
            {
                return isCut;
            }
        }
    }

    /// <summary>Puts the link into a silo's connections, in both directions.</summary>
    public void Configure(SiloConnectionOptions options)
    {
        options.ConfigureSiloInboundConnection(connection => connection.Use(Guard));
        options.ConfigureSiloOutboundConnection(connection => connection.Use(Guard));
        options.ConfigureGatewayInboundConnection(connection => connection.Use(Guard));
    }

    /// <summary>Cuts the silo off.</summary>
    public void Cut()
    {
        ConnectionContext[] connections;
        lock (gate)
        {
            isCut = true;
            connections = [.. live];
        }

        foreach (var connection in connections)
        {
            connection.Abort(new ConnectionAbortedException("The demo cut this link."));
        }
    }

    /// <summary>Lets the silo connect again.</summary>
    public void Heal()
    {
        lock (gate)
        {
            isCut = false;
        }
    }

    private ConnectionDelegate Guard(ConnectionDelegate next) => async connection =>
    {
        if (!TryAdd(connection))
        {
            connection.Abort(new ConnectionAbortedException("The demo cut this link."));
            throw new ConnectionAbortedException("The demo cut this link.");
        }

        try
        {
            await next(connection);
        }
        finally
        {
            lock (gate)
            {
                live.Remove(connection);
            }
        }
    };

    private bool TryAdd(ConnectionContext connection)
    {
        lock (gate)
        {
            return !isCut && live.Add(connection);
        }
    }
}
