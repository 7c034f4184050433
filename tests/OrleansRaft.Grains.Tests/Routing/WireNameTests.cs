using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Serialization;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Configuration;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.TypeSystem;
using OrleansRaft.Client;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Tests.Routing;

/// <summary>
/// What goes between silos and clients is known by names that do not change when a type is renamed or moved: a program of one version talks to one
/// of the next.
/// </summary>
public sealed class WireNameTests
{
    // These have no name of their own. What a router answers a client begins with one of the outcomes, so that these names do travel; the others only
    // stand where the other side expects just them. So all of them stay in their namespaces and assemblies.
    private static readonly string[] ByTheirTypes =
    [
        "OrleansRaft.Grains.Replicas.ReplicaPlacement,OrleansRaft.Grains",
        "OrleansRaft.Runtime.Applied`1[[int]],OrleansRaft.Runtime",
        "OrleansRaft.Runtime.Committed`1[[int]],OrleansRaft.Runtime",
        "OrleansRaft.Runtime.Liveness.QuiescenceClaim,OrleansRaft.Runtime",
        "OrleansRaft.Runtime.Liveness.SiloHeartbeat,OrleansRaft.Runtime",
        "OrleansRaft.Runtime.Rejected`1[[int]],OrleansRaft.Runtime",
        "OrleansRaft.Runtime.Unknown`1[[int]],OrleansRaft.Runtime",
    ];

    [Fact]
    public void What_travels_has_a_name_of_its_own_but_for_outcomes()
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var names = services.GetRequiredService<TypeConverter>();
        var manifest = services.GetRequiredService<IOptions<TypeManifestOptions>>().Value;

        var travelling = manifest.Serializers.Concat(manifest.FieldCodecs).Concat(manifest.Converters)
            .Where(static codec => IsShipped(codec.Assembly.GetName().Name!))
            .SelectMany(static codec => codec.GetInterfaces())
            .Where(static one => one.IsGenericType && IsCodec(one.GetGenericTypeDefinition()))
            .Select(static one => one.GetGenericArguments()[0])
            .Where(static type => type is { IsAbstract: false, IsInterface: false } && IsShipped(type.Assembly.GetName().Name!))
            .Select(static type => Closed(type))
            .Distinct()
            .ToList();

        travelling.ShouldContain(typeof(Carried<int>));
        travelling.Count.ShouldBeGreaterThan(50);
        travelling.Select(type => names.Format(type))
            .Where(static name => name.Contains(",OrleansRaft.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ShouldBe(ByTheirTypes);
        names.Format(typeof(Outcome<int>)).ShouldBe("OrleansRaft.Runtime.Outcome`1[[int]],OrleansRaft.Runtime", "a part of the name of a response");
    }

    private static bool IsShipped(string assembly) =>
        assembly.StartsWith("OrleansRaft.", StringComparison.Ordinal) && !assembly.EndsWith("Tests", StringComparison.Ordinal);

    private static bool IsCodec(Type definition) =>
        definition == typeof(IFieldCodec<>) || definition == typeof(IBaseCodec<>) || definition == typeof(IValueSerializer<>)
        || definition == typeof(IConverter<,>);

    private static Type Closed(Type type)
    {
        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return definition.IsGenericTypeDefinition
            ? definition.MakeGenericType([.. definition.GetGenericArguments().Select(static _ => typeof(int))])
            : definition;
    }
}
