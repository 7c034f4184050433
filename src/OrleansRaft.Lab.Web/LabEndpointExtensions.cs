using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansRaft.Server;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Page;

namespace OrleansRaft.Lab.Web;

/// <summary>Mounts the lab into an application with the page.</summary>
public static class LabEndpointExtensions
{
    private const string Page = "/lab";
    private const string Lab = "/api/v1/lab";

    /// <summary>Adds what <see cref="MapLab"/> needs.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configuration">The application's configuration; <c>Raft:Server:Lab</c> turns the lab on.</param>
    public static IServiceCollection AddRaftLab(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddSingleton<LabEndpoints>();
        services.Configure<LabServerOptions>(configuration.GetSection(LabServerOptions.SectionName));
        return services;
    }

    /// <summary>
    /// Maps <c>/api/v1/lab</c> and the view <c>/lab</c>. Where <see cref="LabServerOptions.Lab"/> is off, all of them answer that it is, and the page
    /// has no link to it.
    /// </summary>
    /// <param name="endpoints">The application, after <see cref="AddRaftLab"/> and <c>AddOrleansRaftServer</c>.</param>
    /// <exception cref="InvalidOperationException">The application has no services of the lab.</exception>
    public static IEndpointRouteBuilder MapLab(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var services = endpoints.ServiceProvider;
        var lab = services.GetService<LabEndpoints>() ?? throw new InvalidOperationException(
            $"{nameof(MapLab)} cannot mount the lab: its services are missing. "
            + "Call builder.Services.AddRaftLab(builder.Configuration) before the application is built.");
        var isOn = services.GetRequiredService<IOptions<LabServerOptions>>().Value.Lab;
        endpoints.MapRaftOperation(HttpMethods.Get, Lab, LabEndpoints.Where(isOn, LabEndpoints.ListAsync), LabOperations.ListScenarios);
        endpoints.MapRaftOperation(HttpMethods.Get, Lab + "/{scenario}", LabEndpoints.Where(isOn, LabEndpoints.GetAsync), LabOperations.GetScenario);
        endpoints.MapRaftOperation(
            HttpMethods.Get, Lab + "/{scenario}/recording", LabEndpoints.Where(isOn, lab.PlayAsync), LabOperations.PlayScenario);
        endpoints.MapRaftOperation(HttpMethods.Post, Lab + "/recordings", LabEndpoints.Where(isOn, lab.PlayPostedAsync), LabOperations.PlayPosted);
        if (isOn)
        {
            return endpoints.MapRaftPageView(
                new PageView("lab", typeof(LabEndpointExtensions).Assembly, "lab.js") { Styles = ["lab.css"], Path = Page });
        }

        if (services.GetRequiredService<IOptions<RaftServerOptions>>().Value.StartPage)
        {
            endpoints.MapMethods(Page, [HttpMethods.Get, HttpMethods.Head], (RequestDelegate)LabEndpoints.RejectAsync).ExcludeFromDescription();
        }

        return endpoints;
    }
}
