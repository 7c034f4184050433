using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft;

/// <summary>
/// Where stores and codecs are chosen for a silo: what <c>AddRaft</c> hands to its callback, and what <c>UsePostgreSql</c> and its like extend.
/// </summary>
/// <param name="services">The silo's services.</param>
public sealed class RaftBuilder(IServiceCollection services)
{
    private string? chosen;

    /// <summary>The silo's services.</summary>
    public IServiceCollection Services { get; } = services;

    /// <summary>Chooses the store: what <c>UsePostgreSql</c> and its like call. A silo has one.</summary>
    /// <param name="name">The method that the application called, for people.</param>
    /// <param name="create">Makes the store.</param>
    /// <exception cref="InvalidOperationException">A store was chosen before.</exception>
    public RaftBuilder UseStore(string name, Func<IServiceProvider, ILogStore> create)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(create);
        if (chosen is not null)
        {
            throw new InvalidOperationException(
                $"AddRaft was given two stores, by {chosen} and by {name}, but a silo keeps all its logs in one. Remove one of the calls; "
                    + "several PostgreSQL servers are named in one UsePostgreSql.");
        }

        chosen = name;
        Services.AddSingleton(create);
        return this;
    }
}
