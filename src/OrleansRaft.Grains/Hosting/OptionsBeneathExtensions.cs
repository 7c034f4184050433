using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansRaft.Grains.Hosting;

/// <summary>Puts a library's defaults and its configuration section before everything that the application says of the same options.</summary>
/// <remarks>
/// Options are made in the order of registration. An application may speak before the library is added or after it, and its code should count either
/// way.
/// </remarks>
internal static class OptionsBeneathExtensions
{
    /// <summary>Binds options to a section of the configuration; whatever code says of them, before or after, comes later.</summary>
    /// <typeparam name="TOptions">The options.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="section">The section's path.</param>
    public static IServiceCollection BindBeneath<TOptions>(this IServiceCollection services, string section)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(section);
        return services.AddBeneath<TOptions>(options => options.BindConfiguration(section));
    }

    /// <summary>Binds options to a part of a configuration; whatever code says of them, before or after, comes later.</summary>
    /// <typeparam name="TOptions">The options.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="section">The part.</param>
    public static IServiceCollection BindBeneath<TOptions>(this IServiceCollection services, IConfiguration section)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        return services.AddBeneath<TOptions>(options => options.Bind(section));
    }

    /// <summary>Gives options a default; whatever else is said of them, before or after, comes later.</summary>
    /// <typeparam name="TOptions">The options.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="defaults">The default.</param>
    public static IServiceCollection ConfigureBeneath<TOptions>(this IServiceCollection services, Action<TOptions> defaults)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(defaults);
        return services.AddBeneath<TOptions>(options => options.Configure(defaults));
    }

    private static IServiceCollection AddBeneath<TOptions>(this IServiceCollection services, Action<OptionsBuilder<TOptions>> configure)
        where TOptions : class
    {
        services.AddOptions();
        var added = new ServiceCollection();
        configure(added.AddOptions<TOptions>());
        var place = 0;
        foreach (var service in added)
        {
            if (service.ServiceType == typeof(IConfigureOptions<TOptions>))
            {
                services.Insert(place++, service);
            }
            else if (
                !services.Any(
                    known =>
                        known.ServiceType == service.ServiceType
                            && known.ImplementationType == service.ImplementationType
                            && known.ImplementationType is not null))
            {
                services.Add(service);
            }
        }

        return services;
    }
}
