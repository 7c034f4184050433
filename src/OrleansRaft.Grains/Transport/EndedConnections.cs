using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace OrleansRaft.Grains.Transport;

/// <summary>Hears from Orleans' connections between silos when one has ended. Any thread.</summary>
/// <remarks>It stands on nothing but the clock, since Orleans makes its connections before the silo's services.</remarks>
internal sealed class EndedConnections(TimeProvider time)
{
    // One that ends sooner was never used: somebody dialled, as this silo does when it hears of an end, or was refused.
    private static readonly TimeSpan LifeMin = TimeSpan.FromSeconds(1);

    /// <summary>One has ended, whichever side opened it.</summary>
    public event Action? Ended;

    /// <summary>Puts it around the connections of a silo.</summary>
    public static void Use(IServiceCollection services)
    {
        services.AddSingleton<EndedConnections>();
        services.AddOptions<SiloConnectionOptions>().Configure<EndedConnections>(static (silo, ended) =>
        {
            silo.ConfigureSiloInboundConnection(connection => connection.Use(ended.Around));
            silo.ConfigureSiloOutboundConnection(connection => connection.Use(ended.Around));
        });
    }

    private ConnectionDelegate Around(ConnectionDelegate next) => async connection =>
    {
        var begun = time.GetTimestamp();
        try
        {
            await next(connection);
        }
        finally
        {
            if (time.GetElapsedTime(begun) >= LifeMin)
            {
                Ended?.Invoke();
            }
        }
    };
}
