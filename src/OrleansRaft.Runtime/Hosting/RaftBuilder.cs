using Microsoft.Extensions.DependencyInjection;

namespace OrleansRaft.Runtime.Hosting;

/// <summary>Where stores and codecs are chosen for a silo: what <c>AddRaft</c> hands to its callback, and what <c>UsePostgreSql</c> and its like extend.</summary>
/// <param name="services">The silo's services.</param>
public sealed class RaftBuilder(IServiceCollection services)
{
    /// <summary>The silo's services.</summary>
    public IServiceCollection Services { get; } = services;
}
